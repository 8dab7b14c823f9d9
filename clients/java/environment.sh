# shellcheck shell=bash
# environment.sh DEPS: Maven with the packages in DEPS. To be sourced.
java_deps=$1
export MAVEN_OPTS="-XX:+UseSerialGC -XX:TieredStopAtLevel=1"

maven() { # REPOSITORY ARGUMENT...
  local repository=$1
  shift
  mvn --batch-mode --quiet --no-transfer-progress -Dstyle.color=never -Dmaven.repo.local="$repository" "$@"
}

# Without a network; what is in a folder of this machine may be read all the same.
offline() { # REPOSITORY ARGUMENT...
  maven "$@" --offline -Daether.offline.protocols=file
}

# Puts what was built in the current folder where a Maven repository at FOLDER has it.
publish() { # FOLDER
  local version artifact
  version=$(sed -n '0,/<version>/s, *<version>\(.*\)</version>,\1,p' pom.xml)
  artifact=$1/io/mailstrom/mailstrom-client/$version
  mkdir -p "$artifact"
  cp target/*.jar "$artifact/"
  cp pom.xml "$artifact/mailstrom-client-$version.pom"
}

# The project of a user, in the current folder.
fresh_project() { # PACKAGE
  cat >pom.xml <<POM
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>test.first</groupId>
  <artifactId>email</artifactId>
  <version>1</version>
  <properties>
    <maven.compiler.release>17</maven.compiler.release>
    <project.build.sourceEncoding>UTF-8</project.build.sourceEncoding>
  </properties>
  <repositories>
    <repository>
      <id>package</id>
      <url>file://$1</url>
    </repository>
  </repositories>
  <dependencies>
    <dependency>
      <groupId>io.mailstrom</groupId>
      <artifactId>mailstrom-client</artifactId>
      <version>$(cd "$1/io/mailstrom/mailstrom-client" && ls -d -- */ | tr -d /)</version>
    </dependency>
  </dependencies>
  <build>
    <plugins>
      <plugin>
        <artifactId>maven-resources-plugin</artifactId>
        <version>3.3.1</version>
      </plugin>
      <plugin>
        <artifactId>maven-compiler-plugin</artifactId>
        <version>3.14.0</version>
      </plugin>
      <plugin>
        <groupId>org.codehaus.mojo</groupId>
        <artifactId>exec-maven-plugin</artifactId>
        <version>3.5.0</version>
        <configuration>
          <mainClass>FirstEmail</mainClass>
        </configuration>
      </plugin>
    </plugins>
  </build>
</project>
POM
  mkdir -p src/main/java
}
